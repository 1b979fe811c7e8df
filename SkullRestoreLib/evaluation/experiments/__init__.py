"""The experiments: cohort, reference skulls, ablation and overlap."""

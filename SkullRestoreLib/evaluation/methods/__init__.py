"""The methods compared: SkullRestore, baselines, upper bounds, the system of Mishinov 2023, and ablated parts."""

"""What was learnt from other skulls: the statistical shape model of the vault and the mean head."""

"""Cases with a known truth: intact skulls, the defects cut into them, and disturbances of the scan."""

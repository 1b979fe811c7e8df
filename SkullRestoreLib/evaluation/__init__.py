"""How good a restoration is: figures against a known truth."""

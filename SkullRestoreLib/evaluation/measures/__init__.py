"""From a method's reported defects and the truth to numbers."""

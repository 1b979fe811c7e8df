"""Read CTs, masks and models; write results. The only package that opens the user's files."""

"""From numbers to tables, plots and files."""

"""The pages below docs/reference, one file each: made from the code, so that they cannot lie."""

"""What a result looks like: one file a format, each a function from data to text."""

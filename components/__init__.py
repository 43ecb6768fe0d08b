"""ComponentResources: one noun a file, made of plain arguments, with Pulumi at the edge."""

"""The Pulumi programs: typed settings become the layers that a stack names."""

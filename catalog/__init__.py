"""What an entry means and becomes: the pure core, which never imports Pulumi."""

"""From resolved endpoints to Kubernetes objects, one file per group of them."""

"""IAM documents as data: who may do what, statement by statement."""

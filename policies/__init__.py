"""Rules over resources and objects, for previews, plans and admission."""

"""How each kind of rule is judged, a file a kind of question."""

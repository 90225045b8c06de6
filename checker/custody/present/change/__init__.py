"""What a change of a specification means, for people and for machines. Nothing is decided here."""

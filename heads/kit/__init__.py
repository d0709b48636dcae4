"""What heads are made of: everything a head's author needs, in one import."""

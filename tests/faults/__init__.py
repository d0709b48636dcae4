"""Stages killed at random moments, resumed, and held bit for bit against the run that nothing disturbed."""

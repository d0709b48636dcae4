"""From a trained cell to its scores: embed the evaluation images once, then every metric from those embeddings."""

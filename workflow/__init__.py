"""The pipeline: data -> training -> evaluating -> reporting, with measuring beside training."""

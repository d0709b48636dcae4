"""What the stages import, loaded once in the process that they are forked from."""

import scipy.stats  # noqa: F401
import torch
import torch._dynamo  # which an optimiser's first step loads

import workflow.data.build
import workflow.data.split
import workflow.evaluating.baselines
import workflow.evaluating.embed
import workflow.evaluating.record
import workflow.measuring.commands
import workflow.measuring.end_to_end
import workflow.reporting.document
import workflow.reporting.figures.every
import workflow.reporting.html
import workflow.reporting.pdf
import workflow.summary.collect
import workflow.training.run  # noqa: F401

torch.set_num_threads(1)

"""Prepare the next batch while the device computes this one."""

from concurrent.futures import Future, ThreadPoolExecutor

from heads.kit.interface import Batch
from workflow.training.trainer import Batches


class Ahead:
    """The same batches as `loader`, the following one prepared in a thread. Worth it only beside a GPU."""

    def __init__(self, loader: Batches):
        self.loader = loader
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="loader")
        self.coming: tuple[int, Future[Batch]] | None = None

    def batch(self, step: int) -> Batch:
        if self.coming is None or self.coming[0] != step:
            self.coming = (step, self.pool.submit(self.loader.batch, step))
        batch = self.coming[1].result()
        self.coming = (step + 1, self.pool.submit(self.loader.batch, step + 1))
        return batch

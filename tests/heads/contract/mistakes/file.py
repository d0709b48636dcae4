"""What a head's file is not."""

from tests.heads.contract import test_file
from tests.heads.contract.mistakes.mistake import RIGHT, Mistake

OPTIONS = "ratio=0.5, scale=16.0):"

FILE = [
    Mistake(
        "imports numpy",
        test_file.test_its_file_reads_alone,
        "imports numpy: a head imports torch and heads.kit only",
        (("import torch\n", "import numpy\nimport torch\n"),),
    ),
    Mistake(
        "imports another head",
        test_file.test_its_file_reads_alone,
        "imports heads.fc.Head: of heads, only heads.kit is for it",
        (("import torch\n", "import torch\nfrom heads.fc import Head as Other\n"),),
    ),
    Mistake(
        "calls cuda",
        test_file.test_it_leaves_the_device_to_its_caller,
        r"line \d+ names .cuda: take the device of the embeddings",
        (("torch.zeros(())", "torch.zeros(()).cuda()"),),
    ),
    Mistake(
        "names a device",
        test_file.test_it_leaves_the_device_to_its_caller,
        r"line \d+ names 'cuda:0': take the device of the embeddings",
        (("self.queue.to(q.dtype)", 'self.queue.to("cuda:0")'),),
    ),
    Mistake(
        "file without a docstring",
        test_file.test_its_file_is_short_and_says_what_it_is,
        "begin the file with a docstring",
        ((RIGHT.splitlines()[0], ""),),
    ),
    Mistake(
        "class without a docstring",
        test_file.test_its_file_is_short_and_says_what_it_is,
        "give class Head a docstring",
        (('    """A queue of ratio * C keys, and a learned bias."""\n', ""),),
    ),
    Mistake(
        "file too long",
        test_file.test_its_file_is_short_and_says_what_it_is,
        r"\d+ lines: at most 200",
        (("HIDDEN = -1e4\n", "HIDDEN = -1e4\n" + "# more\n" * 200),),
    ),
    Mistake(
        "no subclass of the interface",
        test_file.test_its_class_is_a_head,
        r"class Head of heads/mistaken.py must be a subclass of heads.kit.Head",
        (("class Head(kit.Head)", "class Head(nn.Module)"),),
    ),
    Mistake(
        "option without a default",
        test_file.test_its_options_are_keywords_with_defaults,
        "give 'scale' the paper's default",
        ((OPTIONS, "ratio=0.5, scale):"),),
    ),
    Mistake(
        "options that are not named",
        test_file.test_its_options_are_keywords_with_defaults,
        r"'options' must be named, not \*args or \*\*kwargs",
        ((OPTIONS, "ratio=0.5, scale=16.0, **options):"),),
    ),
    Mistake(
        "options by position",
        test_file.test_its_options_are_keywords_with_defaults,
        r"'ratio' must be named, .* and follow a lone \*",
        (("*, ratio=0.5", "ratio=0.5"),),
    ),
    Mistake(
        "a kind of batch that does not exist",
        test_file.test_what_it_declares_exists,
        "batches 'triples' is no row of heads/kit/batches.py: instances, pairs, ",
        (('batches = "pairs"', 'batches = "triples"'),),
    ),
    Mistake(
        "an encoder to evaluate that does not exist",
        test_file.test_what_it_declares_exists,
        "evaluates 'gallery' is not known: choose one of query, momentum",
        (("momentum = 0.99", 'momentum = 0.99\n    evaluates = "gallery"'),),
    ),
    Mistake(
        "a momentum of one",
        test_file.test_what_it_declares_exists,
        r"momentum 1.0 is outside \[0, 1\)",
        (("momentum = 0.99", "momentum = 1.0"),),
    ),
    Mistake(
        "centres of another shape",
        test_file.test_its_centres_are_one_vector_a_class,
        r"centres\(\) must be \(num_classes, embedding_dim\) or None",
        (("    def rows_in_loss", "    def centres(self):\n        return self.queue[1:]\n\n    def rows_in_loss"),),
    ),
    Mistake(
        "no rows_in_loss",
        test_file.test_it_says_with_how_many_class_vectors_it_compares,
        r"define rows_in_loss\(\)",
        (("def rows_in_loss", "def rows"),),
    ),
]

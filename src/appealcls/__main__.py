"""``python -m appealcls`` is the command ``appealcls``."""

import sys

from appealcls.cli import main

if __name__ == "__main__":
    sys.exit(main())

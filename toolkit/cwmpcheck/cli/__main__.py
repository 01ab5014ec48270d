"""``python -m cwmpcheck.cli``."""

import sys

from cwmpcheck.cli import main

sys.exit(main())

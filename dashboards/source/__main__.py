"""`python -m dashboards.source`: write the dashboards anew."""

from dashboards.source import DASHBOARDS
from dashboards.source.files import write

if __name__ == "__main__":
    write(DASHBOARDS)

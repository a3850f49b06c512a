"""`python -m helm.source`: write anew what the chart has from elsewhere."""

from helm.source.chart import write

if __name__ == "__main__":
    write()

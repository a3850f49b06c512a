"""What the chart has from elsewhere in the repository: a chart cannot reach outside its folder."""

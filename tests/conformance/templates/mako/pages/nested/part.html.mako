part ${value}

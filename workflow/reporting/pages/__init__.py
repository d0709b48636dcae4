"""The report's sections, one file each, named as in the contents. Each has `page(material)`, which gives its blocks."""

"""The measures: one file each, named as the measure. They do not import each other."""

"""What IAM keeps, by resource.

Fields are the members of the model's shapes as `xform_name`s; a few more serve look-ups.
"""

"""What can be done to a request's text so that a filter, or a model, might not know it again."""

"""The k6 modules: for each a face (JavaScript, what scripts see) and ops (Python, resources and bytes)."""

"""A strict OSS server for the tests; what may be imported is in ``tests.oss_server``."""

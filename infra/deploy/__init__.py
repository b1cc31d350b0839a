"""Deploy the product on an account, upgrade it, roll it back, take it down: ``make deploy``, ``make rollback``, ``make destroy``.

    python -m infra.deploy deploy --stage <name>    # more: --help

The same code runs against AWS and against the local cloud: boto3 goes where ``AWS_ENDPOINT_URL`` says.
"""

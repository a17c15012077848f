"""The API server's validation of single objects, after pkg/apis/*/validation of https://github.com/kubernetes/kubernetes."""

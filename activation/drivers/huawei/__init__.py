"""Huawei MA5600 and MA5800."""

"""Huawei MA5600 and MA5800 in profile mode, as their tables look from outside."""

/* SPDX-License-Identifier: MIT */
#include <monitor.h>

/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* What libvigilus-1 exports; everything else is hidden. */
#define VIG_API __attribute__ ((visibility ("default"))) extern

/* The plugin ABI: a change of VIG_ABI breaks plugins, a higher minor only adds. */
#define VIG_ABI 1
#define VIG_ABI_MINOR 1

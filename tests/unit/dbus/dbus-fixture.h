/* SPDX-License-Identifier: MIT */
#pragma once

#include "agent-test.h"
#include "vig-dbus-call.h"
#include "vig-dbus-generated.h"
#include "vig-dbus-service.h"

#include <string.h>
#include <unistd.h>

typedef struct
{
  AgentTest       *agent;
  VigPluginLoader *plugins;
  VigPanic        *panic;
  VigDbusService  *service;
  GDBusConnection *client;
  GPtrArray       *signals; /* "Name {...}" */
  guint            subscription;
} Fixture;

void  fixture_start_bus     (void);
void  fixture_stop_bus      (void);
void  fixture_set_up        (Fixture *self, gconstpointer bus_kind); /* "system"; NULL: session */
void  fixture_tear_down     (Fixture *self, gconstpointer data);
/* (transfer full): the one text of the answer; NULL with @error set */
char *fixture_call          (Fixture *self, const char *method, GVariant *args, GError **error);
/* By gdbus, in a process that @become makes another user; what it says. */
char *fixture_call_as       (GSpawnChildSetupFunc become, const char *method, const char *arguments);
void  fixture_become_nobody (gpointer data);

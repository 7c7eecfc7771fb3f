/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define AGENT_TEST_TYPE_MODEL (agent_test_model_get_type ())
G_DECLARE_FINAL_TYPE (AgentTestModel, agent_test_model, AGENT_TEST, MODEL, GObject)

extern const VigProviderInfo agent_test_model_info;

void agent_test_model_reset (void);

/* The tools that the tests' Operators have; adds them to @registry. */
void agent_test_add_tools   (GObject *registry);

G_END_DECLS

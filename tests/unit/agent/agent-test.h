/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-approvals-private.h"
#include "vig-runner.h"
#include "vig-test.h"

G_BEGIN_DECLS

/* An agent with all that it needs: a real database in a directory of its own, a model that says what it is told, tools that count. */
typedef struct
{
  char            *dir;
  VigAgentContext  context;
  VigApprovals    *approvals;
  VigRunner       *runner;
  VigCaller        caller;
  char            *user_id;
  char            *provider_id;
  GPtrArray       *events; /* "topic event {...}" */
  guint            listener;
} AgentTest;

AgentTest  *agent_test_new            (void);
void        agent_test_free           (AgentTest *self);
void        agent_test_close          (AgentTest *self); /* as the daemon ends: nothing is finished */
void        agent_test_open           (AgentTest *self); /* as it starts again; runs are not resumed yet */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentTest, agent_test_free)

/* An Operator with all test tools, a ceiling and a trust mode; (transfer full) its id. */
char       *agent_test_add_operator   (AgentTest *self, const char *name, const char *level, const char *trust);
void        agent_test_update_operator (AgentTest *self, const char *id, const char *changes);
void        agent_test_set            (AgentTest *self, const char *settings); /* JSON */
void        agent_test_exec           (AgentTest *self, const char *sql);
gint64      agent_test_count          (AgentTest *self, const char *sql);
char       *agent_test_query          (AgentTest *self, const char *sql); /* first column of the first row */

/* What the model says, in order. @calls: a JSON array of {id, name, arguments}, or NULL. A text of "wait" never ends. */
void        agent_test_say            (const char *text, const char *calls);
void        agent_test_use            (gint64 input_tokens, gint64 output_tokens, gint64 cached_tokens); /* by each answer from here on */
void        agent_test_cost           (gint64 micros); /* that the server says of each answer from here on */
void        agent_test_fail           (GError *error); /* (transfer full) */
void        agent_test_stop_with      (const char *reason); /* (static) the provider's word for why answers from here on end; NULL: as they do */
guint       agent_test_n_asked        (void);
const char *agent_test_last_system    (void);
const char *agent_test_last_results   (void); /* of the transcript that the model was shown last */
const char *agent_test_last_tools     (void); /* names, blanks between */
const char *agent_test_last_turns     (void); /* "user:text|assistant:text|tools|" */

char       *agent_test_ask            (AgentTest *self, const char *text); /* the run's id */
char       *agent_test_ask_in         (AgentTest *self, const char *session_id, const char *text, GError **error);
void        agent_test_wait_end       (AgentTest *self, const char *run_id);
char       *agent_test_run_state      (AgentTest *self, const char *run_id);
char       *agent_test_wait_approval  (AgentTest *self);                /* the id of the one that is pending */
JsonObject *agent_test_decide         (AgentTest *self, const char *approval_id, const char *decision, GError **error);
void        agent_test_resume         (AgentTest *self);
gboolean    agent_test_saw            (AgentTest *self, const char *topic_and_event);

/* The tools: test.read, test.write (resource file:PATH), test.own (the same, in its own words),
 * test.look (the same, whose preview and run are held where so told), test.exec, test.raise (declared read, elevate where `high` is set), test.line (by its line),
 * test.host, test.slow (until it is cancelled), test.stubborn (likewise, and while runs are held), test.secret, test.big, test.fail. For who is given
 * them: test.late, test.noted, test.lateread, test.unsent (a second, until they are cancelled), test.cut, test.cutread, test.cutone (say that they were cut
 * off). */
void        agent_test_hold_previews  (gboolean hold);
void        agent_test_hold_runs      (gboolean hold); /* both: of test.look, from here on; runs of test.stubborn, too */
void        agent_test_add_many       (AgentTest *self, guint n); /* test.many0 and so on, until it closes; 64 at most */
extern gint agent_test_n_runs; /* of all of them; atomic */

G_END_DECLS

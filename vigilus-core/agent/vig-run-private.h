/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-ask.h"
#include "vig-call.h"
#include "vig-compactor.h"
#include "vig-plan.h"
#include "vig-run-store.h"
#include "vig-run.h"

G_BEGIN_DECLS

/* What the files of VigRun share. */
struct _VigRun
{
  GObject         parent_instance;

  VigParts       *parts;
  VigRunEndedFunc ended;      /* NULL once abandoned */
  gpointer        ended_data;
  VigRunState     state;
  JsonObject     *row;        /* as it is on disk */
  char           *id;
  char           *session_id;
  char           *user_id;
  char           *user_name;
  JsonObject     *loaded;     /* as vig_run_store_load () answered; until the Operator is known, and while it is compacted */
  JsonArray      *history;    /* in loaded, like messages and rows */
  JsonArray      *messages;
  JsonArray      *rows;       /* of the calls that were left */
  VigRunFacts    *facts;      /* that were read with it, for the first question; NULL: they are read again */
  GPtrArray      *operators;  /* while routing */
  VigOperator    *operator;
  VigPlan        *plan;       /* of one that is split up; NULL: it is not */
  VigTranscript  *transcript; /* NULL while it waits for people: it is read again */
  VigAsk         *ask;        /* the question that is being answered */
  VigReply       *reply;      /* whose calls are being resolved, or that is being stored */
  GPtrArray      *calls;      /* of VigCall */
  GCancellable   *cancellable;
  GCancellable   *abandoned;
  gboolean        starting_calls, storing;

  VigRunState     ending;     /* what it shall end as; ROUTING: nothing */
  char           *ending_code, *ending_message;
  guint           grace_timer;

  JsonArray      *usage;      /* answers of models that are not stored yet: vig-store-usage.h */
  JsonObject     *provider;   /* row of the one that is asked */
  JsonObject     *fallback;   /* row of the second one; NULL: there is none */
  gboolean        fell_back, told_unpriced; /* the second one is asked; the person knows that a limit in money can't hold */
  VigCompactor   *compactor;  /* while it makes a summary */
  gint64          context_tokens; /* of a model whose provider does not tell */
  gsize           result_limit;   /* bytes of each earlier result that is shown; 0: as stored */
  gboolean        fitted;     /* the next question is sent whatever its size: there is nothing left to be done about it */
  guint           n_shrinks;  /* since the last answer */

  gint64          turns;
  gint64          input_tokens, output_tokens;
  gint64          cost, unpriced, estimated; /* millionths; answers whose price is not known, whose tokens are estimated */
  gint64          others_tokens, others_cost; /* that the other runs of the same tree have used */
  gint64          max_turns, max_tokens, max_cents; /* of the last two, 0: no limit */
  char           *prices, *unpriced_model; /* vig-price.h; that gave the last such answer, or NULL */
  gint64          time_left;  /* microseconds that it may still be busy; waiting for people does not count */
  gint64          busy;       /* microseconds that it was so until busy_since, before a restart too */
  gint64          busy_since; /* monotonic; 0: it waits */
  guint           time_timer;
};

/* vig-run.c: the machine, and what every step needs */
void         vig_run_enter            (VigRun *self, VigRunState state);
void         vig_run_publish          (VigRun *self, const char *event, JsonObject *data);
void         vig_run_publish_step     (VigRun *self, JsonObject *stored);
gboolean     vig_run_is_abandoned     (VigRun *self);
VigRunWrite *vig_run_new_write        (VigRun *self, VigRunState state);
void         vig_run_store            (VigRun *self, VigRunWrite *write, GAsyncReadyCallback callback);
JsonObject  *vig_run_finish_store     (VigRun *self, GObject *source, GAsyncResult *result); /* NULL: it fails, or is abandoned */
void         vig_run_read_facts       (VigRun *self, const char *operator_id, void (*func) (VigRun *self, VigRunFacts *facts)); /* called unless the run is over by then */
void         vig_run_load             (VigRun *self, GAsyncReadyCallback callback); /* ended by vig_db_finish (): VigRunLoaded */
void         vig_run_forget_loaded    (VigRun *self);

/* vig-run-routing.c: ROUTING */
void         vig_run_route            (VigRun *self);
void         vig_run_send_route       (VigRun *self);
void         vig_run_routed           (GObject *source, GAsyncResult *result, gpointer run); /* GAsyncReadyCallback of vig_run_store (): whom to ask is stored */

/* vig-run-asking.c: ASKING and RESOLVING */
void         vig_run_ask              (VigRun *self);
void         vig_run_store_reply      (VigRun *self);
void         vig_run_make_calls       (VigRun *self, JsonArray *rows);
void         vig_run_start_calls      (VigRun *self);
void         vig_run_add_results      (VigRun *self, VigRunWrite *write);
gboolean     vig_run_all_calls_done   (VigRun *self);
void         vig_run_send_ask         (VigRun *self);
const char  *vig_run_explain_silence  (VigReply *reply); /* of one without text, calls and refusal */

/* vig-run-fitting.c: within ROUTING and ASKING, whether the question fits the model */
void         vig_run_fit              (VigRun *self, VigRunFacts *facts); /* sends the question, sooner or later */
void         vig_run_note_size        (VigRun *self, VigReply *reply);
gboolean     vig_run_shrink           (VigRun *self, const GError *error); /* TRUE: it asks again with less */
VigTranscript *vig_run_read_transcript (VigRun *self, JsonObject *loaded);

/* vig-run-fallback.c: the second model */
void         vig_run_choose_provider  (VigRun *self, VigRunFacts *facts);
gboolean     vig_run_fall_back        (VigRun *self, const GError *error); /* TRUE: it asks again, there */

/* vig-run-plan.c: ASKING, of a run that is split up */
void         vig_run_begin_plan       (VigRun *self, VigPlan *plan, const char *reason); /* (transfer full) plan */
void         vig_run_take_plan        (VigRun *self, JsonObject *loaded);
void         vig_run_follow_plan      (VigRun *self);

/* vig-run-ending.c: the end, from any state */
gboolean     vig_run_is_ending        (VigRun *self);
gboolean     vig_run_is_over          (VigRun *self); /* it goes away or ends: an answer is no longer wanted */
void         vig_run_begin_ending     (VigRun *self, VigRunState state, const char *code, const char *message);
void         vig_run_end_with         (VigRun *self, VigRunState state, const char *code, const char *message); /* nothing is outstanding */
void         vig_run_fail             (VigRun *self, const GError *error);
void         vig_run_store_end        (VigRun *self);
void         vig_run_end_now          (VigRun *self); /* what is on disk is its end */

/* vig-run-limits.c: turns, time, tokens, money */
void         vig_run_take_limits      (VigRun *self, JsonObject *settings);
void         vig_run_count_usage      (VigRun *self, VigReply *reply, const char *purpose); /* of self->ask */
gboolean     vig_run_check_limits     (VigRun *self, GError **error); /* whether it may ask once more */
void         vig_run_tell_unpriced    (VigRun *self, VigRunWrite *write); /* that the limit in money can't hold; once */
void         vig_run_update_clock     (VigRun *self);
gint64       vig_run_get_busy         (VigRun *self); /* microseconds */

G_END_DECLS

/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-invocation.h"

G_BEGIN_DECLS

/* What a call does, in rising order. */
typedef enum
{
  VIG_LEVEL_READ,
  VIG_LEVEL_WRITE,
  VIG_LEVEL_EXEC,
  VIG_LEVEL_ELEVATE,
} VigLevel;

VIG_API const char *vig_level_to_string   (VigLevel level);
VIG_API gboolean    vig_level_from_string (const char *text, VigLevel *level); /* FALSE: unknown, level is ELEVATE */

typedef enum
{
  VIG_TOOL_NONE = 0,
  VIG_TOOL_HOST = 1 << 0, /* works on this host: denied to an Operator without a working directory */
  VIG_TOOL_OWN_WORDS = 1 << 1, /* its result says nothing but its own words and the call's arguments: nothing that it has read */
  VIG_TOOL_OUTWARD = 1 << 2, /* its arguments go to places that a model chose: a person is asked once text from outside was read, also where it reads only */
  VIG_TOOL_BUILT_IN = 1 << 3, /* every Operator has it without being assigned; refused of any plugin: the core's alone */
  /* run () and preview () work on files beneath the working directory and on nothing else, and start nothing: they are called on a thread that the
   * kernel holds to that, where it can, and to reading in preview () and where the level is read. Since ABI minor 1. */
  VIG_TOOL_FILES = 1 << 5,
} VigToolFlags;

/* All that is known of a tool before it runs. Strings are borrowed for as long as the tool lives. */
typedef struct
{
  const char  *name;         /* "noun.verb": [a-z0-9_]+(\.[a-z0-9_]+)*, up to 64 bytes */
  const char  *title;        /* for people; translated by the dashboard where it knows it */
  const char  *description;  /* for models and people: what it does, when to use it */
  VigLevel     level;
  const char  *input_schema; /* JSON Schema of the arguments, an object */
  guint        timeout;      /* seconds a call may run; 0: 60 */
  VigToolFlags flags;
} VigToolInfo;

/* What a call would change, made before anyone is asked. */
typedef struct
{
  char *kind; /* "diff", "command" or "text" */
  char *text;
} VigPreview;

VIG_API VigPreview *vig_preview_new  (const char *kind, const char *text);
VIG_API void        vig_preview_free (VigPreview *preview);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigPreview, vig_preview_free)

#define VIG_TYPE_TOOL (vig_tool_get_type ())
VIG_API GType vig_tool_get_type (void);
G_DECLARE_INTERFACE (VigTool, vig_tool, VIG, TOOL, GObject)

struct _VigToolInterface
{
  GTypeInterface g_iface;

  const VigToolInfo *(*get_info) (VigTool *self);

  /* Implement run (), which is called on a worker thread and may block, or
   * the pair below, which is called on the main thread and must not. The result
   * is a string for people and models, or an object. */
  JsonNode *(*run)        (VigTool *self, VigInvocation *invocation, GCancellable *cancellable, GError **error);
  void      (*run_async)  (VigTool *self, VigInvocation *invocation, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
  JsonNode *(*run_finish) (VigTool *self, GAsyncResult *result, GError **error);

  /* Optional, quick and without side effects, on the main thread: the level of this very call (it can only raise
   * the declared one), and what it touches ("file:/srv/notes.txt"); *resource NULL means everything. */
  VigLevel    (*classify) (VigTool *self, VigInvocation *invocation, char **resource);

  /* Optional, on a worker thread: what the call would change. NULL without error: nothing to show. */
  VigPreview *(*preview)  (VigTool *self, VigInvocation *invocation, GCancellable *cancellable, GError **error);
};

VIG_API const VigToolInfo *vig_tool_get_info     (VigTool *self);
VIG_API gboolean           vig_tool_info_check   (const VigToolInfo *info, GError **error); /* name, schema, texts */

/* A tool that is data plus one function. @info and what it points to must live as long as the plugin (static). */
typedef JsonNode   *(*VigToolRunFunc)      (VigInvocation *invocation, GCancellable *cancellable, GError **error);
typedef VigLevel    (*VigToolClassifyFunc) (VigInvocation *invocation, char **resource);
typedef VigPreview *(*VigToolPreviewFunc)  (VigInvocation *invocation, GCancellable *cancellable, GError **error);

VIG_API VigTool *vig_simple_tool_new      (const VigToolInfo *info, VigToolRunFunc run);
VIG_API VigTool *vig_simple_tool_new_full (const VigToolInfo *info, VigToolRunFunc run, VigToolClassifyFunc classify, VigToolPreviewFunc preview);

G_END_DECLS

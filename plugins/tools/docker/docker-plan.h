/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What Compose would do, from what it says of a project and what the Engine says of its containers and images. Pure. */
typedef struct
{
  JsonObject *config;     /* of "compose config" */
  GHashTable *hashes;     /* service: hash, of "compose config --hash *" */
  JsonArray  *containers; /* of /containers/json, those of the project */
  JsonArray  *images;     /* of /images/json */
} DockerPlan;

/* "service hash" a line. */
GHashTable *docker_plan_parse_hashes  (const char *text);

/* Rows {"service", "image", "state", "would"} of the services in @only, NULL-terminated; none: of all. "would" is what "up" does. */
JsonArray  *docker_plan_up            (const DockerPlan *self, const char * const *only);
/* Rows {"service", "image", "image_id", "digest"}: which image each tag is now, so that it can be put back. */
JsonArray  *docker_plan_images        (const DockerPlan *self, const char * const *only);
/* For people: what a project asks for beyond what a container usually has, a line each; empty: nothing. */
char       *docker_plan_warn          (JsonObject *config, const char *folder);
/* Rows {"service", "image", "ports", "volumes", "depends_on"}. */
JsonArray  *docker_plan_services      (JsonObject *config);
/* A copy of @config in which values of the environment are hidden, as docker_mask_environment () does. */
JsonObject *docker_plan_mask          (JsonObject *config);

/* "1.4:5000/a/b:tag" apart; a digest is no tag. FALSE: there is none. */
gboolean    docker_split_image        (const char *image, char **repository, char **tag);
/* The image that @tag names here, of /images/json; NULL: none. */
JsonObject *docker_plan_find_image    (JsonArray *images, const char *tag);

G_END_DECLS

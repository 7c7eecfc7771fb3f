// SPDX-License-Identifier: MIT
import { ListChecks } from 'lucide-react';
import { _ } from '../../lib/i18n';
import type { Plan } from '../../lib/types';

/** What was going to be done by whom, as it was shown before anyone began. */
export function PlanCard({ plan }: { plan: Plan }) {
  return (
    <section className="plan-card" aria-label={_('Plan')}>
      <header>
        <ListChecks className="icon" aria-hidden />
        <strong>{_('Plan')}</strong>
      </header>
      <ol>
        {plan.steps.map((step, index) => (
          <li key={index}>
            <strong>{step.operator}</strong>
            {step.after.length > 0 && (
              <span className="small muted"> {_('after {steps}', { steps: step.after.join(', ') })}</span>
            )}
            {step.done && <span className="small muted"> {_('done before')}</span>}
            <p>{step.task}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

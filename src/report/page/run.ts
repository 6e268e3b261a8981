import type { RunResult } from '../../measure/result.ts'
import { bytesText, countText, glanceText, msText, shareText, spanText } from '../format.ts'
import { environmentPart } from './environment.ts'
import { pairs } from './pairs.ts'
import { type Content, html, isolated, type Markup } from './markup.ts'

/** Whether the generator kept up, worker by worker and over time. */
export function generatorPart({ generator, trends }: RunResult, charts: readonly Markup[]): Markup {
  const lateness = trends['generator_lateness']
  return html`<h2>Generator</h2>
    <p class="lead">
      ${
        lateness === undefined
          ? 'No planned start was timed.'
          : `Work began ${msText(lateness.percentilesUs['50'] ?? 0)} ms (p50), ${msText(lateness.percentilesUs['99'] ?? 0)} ms (p99), ${msText(lateness.maxUs)} ms (max) after its planned moment.`
      }
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Workers">
      <table>
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col" class="n">Loop delay p99</th>
            <th scope="col" class="n">Share of a core</th>
            <th scope="col" class="n">Heap</th>
          </tr>
        </thead>
        <tbody>
          ${generator.map(
            ({ shard, loopDelayP99Us, cpuShare, heapBytes }) =>
              html`<tr>
                <th scope="row">${shard}</th>
                <td class="n">${glanceText(loopDelayP99Us)}</td>
                <td class="n">${shareText(cpuShare)}</td>
                <td class="n">${bytesText(heapBytes)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <div class="two">${charts}</div>`
}

/** What was run, where, against what, and how to do it again. */
export function runPart(result: RunResult): Markup {
  const { run, plan, environment, counters, labelled } = result
  return html`<h2>This run</h2>
    <h3>Do it again</h3>
    <pre class="whole" tabindex="0"><bdi>${run.command}</bdi></pre>
    <p class="explain">Seed ${plan.seed} makes the same plan again: <code>${isolated(plan.hash)}</code>.</p>
    <div class="two">
      <div>
        <h3>Plan</h3>
        ${pairs([
          ['Scenario', isolated(plan.scenario)],
          ['Says', isolated(plan.description)],
          ['File', html`<code>${isolated(plan.source)}</code>`],
          ['Users', countText(plan.users)],
          ['Rooms', countText(plan.rooms)],
          ['Length', spanText(plan.durationSeconds)],
          ...(plan.warmUpSeconds > 0
            ? [['Warm-up', `${spanText(plan.warmUpSeconds)} of the activities`] as [string, Content]]
            : []),
          ...plan.activities.map(({ name, executor, exec, planned }): [string, Content] => [
            'Activity',
            html`${isolated(name)}: ${isolated(exec.join(', '))}
              <span class="explain"
                >${executor}${planned !== null && `, ${countText(planned)} starts planned`}</span
              >`,
          ]),
          ...Object.entries(run.tags).map(([name, value]): [string, Content] => [
            'Tag',
            html`${isolated(name)} = ${isolated(value)}`,
          ]),
        ])}
      </div>
      <div>${environmentPart(environment, run)}</div>
    </div>
    <details>
      <summary>Every counter</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Every counter">
        <table>
          <thead>
            <tr>
              <th scope="col">Counter</th>
              <th scope="col" class="n">Total</th>
            </tr>
          </thead>
          <tbody>
            ${[...Object.entries(counters), ...Object.entries(labelled)].map(
              ([name, count]) =>
                html`<tr>
                  <th scope="row"><code>${isolated(name)}</code></th>
                  <td class="n ${count === 0 && 'zero'}">${countText(count)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`
}

import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { language } from '@/lib/i18n'
import { number } from '@/lib/format'

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--c-${name}`).trim()

/** Values over days. Drawn anew when the theme or the width changes. */
export default function Chart({ points, label }: { points: { at: number; value: number }[]; label: string }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const draw = () => {
      const [ink, line, accent] = [colour('ink-3'), colour('line'), colour('accent')]
      const day = new Intl.DateTimeFormat(language() === 'zh-Hans' ? 'zh-CN' : 'en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
      const axis = { stroke: ink, ticks: { show: false }, font: '11px "Instrument Sans Variable", sans-serif' }
      element.replaceChildren()
      return new uPlot(
        {
          width: element.clientWidth,
          height: element.clientHeight,
          legend: { show: false },
          cursor: { y: false, points: { size: 6 } },
          scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.15, 1)] } },
          axes: [
            { ...axis, grid: { show: false }, size: 22, space: 70, values: (_, all) => all.map((at) => day.format(at * 1000)) },
            { ...axis, grid: { stroke: line, width: 1 }, size: 40, space: 36, values: (_, all) => all.map((value) => number(value, 1)) },
          ],
          series: [{}, { label, stroke: accent, width: 2, fill: `${accent}22`, points: { show: points.length < 12, size: 5, fill: accent } }],
        },
        [points.map(({ at }) => at), points.map(({ value }) => value)],
        element,
      )
    }
    let plot = draw()
    const again = () => {
      plot.destroy()
      plot = draw()
    }
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: element.clientHeight }))
    resized.observe(element)
    const themed = new MutationObserver(again)
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      resized.disconnect()
      themed.disconnect()
      plot.destroy()
    }
  }, [points, label])
  const words = points.filter(({ value }) => value).map(({ at, value }) => `${new Date(at * 1000).toISOString().slice(0, 10)}: ${number(value, 1)}`)
  return <div ref={place} role="img" aria-label={`${label}. ${words.join(', ')}`} className="h-full w-full" />
}

/** Counts the connections in use, so that closing can wait until the last one is released. */
export class UseCount {
  #count = 0
  #whenIdle: (() => void) | undefined

  enter(): void {
    this.#count++
  }

  leave(): void {
    this.#count--
    if (this.#count === 0) this.#whenIdle?.()
  }

  async idle(): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve
    })
  }
}

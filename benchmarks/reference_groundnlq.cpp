// Gaussian soft suppression of windows the way GroundNLQ's extension does it: every candidate is picked, by swapping it to the front.
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" int64_t soft_nms(float* windows, float* scores, int64_t* index, int64_t count, float sigma, float min_score) {
    for (int64_t i = 0; i < count; ++i) index[i] = i;
    for (int64_t i = 0; i < count; ++i) {
        int64_t best = i;
        for (int64_t j = i + 1; j < count; ++j)
            if (scores[j] > scores[best]) best = j;
        std::swap(windows[2 * i], windows[2 * best]);
        std::swap(windows[2 * i + 1], windows[2 * best + 1]);
        std::swap(scores[i], scores[best]);
        std::swap(index[i], index[best]);
        const float start = windows[2 * i], end = windows[2 * i + 1], length = end - start + 1e-6f;
        int64_t j = i + 1;
        while (j < count) {
            const float shared = std::max(0.f, std::min(end, windows[2 * j + 1]) - std::max(start, windows[2 * j]));
            const float iou = shared / (length + windows[2 * j + 1] - windows[2 * j] + 1e-6f - shared);
            scores[j] *= std::exp(-(iou * iou) / sigma);
            if (scores[j] < min_score) {
                --count;
                windows[2 * j] = windows[2 * count];
                windows[2 * j + 1] = windows[2 * count + 1];
                scores[j] = scores[count];
                index[j] = index[count];
            } else {
                ++j;
            }
        }
    }
    return count;
}
